-- Enumerations of the RESO Data Dictionary 2.0, one type for each lookup that a column uses. A label is
-- RESO's own identifier and the only spelling from here to the wire. A type is named like its lookup, in
-- snake_case. Not here: `role`, which is ours (0001), and lookups that every market fills for itself (cities,
-- schools): text.

-- A listing: kind, state, price, size, place, terms
create type property_type as enum (
  'BusinessOpportunity', 'CommercialLease', 'CommercialSale', 'Farm', 'Land', 'ManufacturedInPark',
  'Residential', 'ResidentialIncome', 'ResidentialLease'
);
create type property_sub_type as enum (
  'Agriculture', 'Apartment', 'BoatSlip', 'Business', 'Cabin', 'Condominium', 'CoOwnership', 'DeededParking',
  'Duplex', 'Farm', 'HotelMotel', 'Industrial', 'ManufacturedHome', 'ManufacturedOnLand', 'MixedUse',
  'MobileHome', 'MobileHomePark', 'MultiFamily', 'Office', 'OwnYourOwn', 'Quadruplex', 'Ranch', 'Retail',
  'SingleFamilyResidence', 'StockCooperative', 'TenancyInCommon', 'Timeshare', 'Townhouse', 'Triplex',
  'UnimprovedLand', 'Warehouse'
);
create type structure_type as enum (
  'Cabin', 'Dock', 'Duplex', 'Flex', 'HotelMotel', 'House', 'Industrial', 'ManufacturedHouse', 'MixedUse',
  'MultiFamily', 'None', 'Office', 'Quadruplex', 'Retail', 'Townhouse', 'Triplex', 'Warehouse'
);
create type common_interest as enum (
  'CommunityApartment', 'Condominium', 'None', 'PlannedDevelopment', 'StockCooperative', 'Timeshare'
);
create type architectural_style as enum (
  'AFrame', 'ArtDeco', 'Barndominium', 'Berm', 'Bungalow', 'Cabin', 'CapeCod', 'Colonial', 'Contemporary',
  'Craftsman', 'Creole', 'Dome', 'DutchColonial', 'Farmhouse', 'Federal', 'FrenchProvincial', 'Georgian',
  'GothicRevival', 'GreekRevival', 'Italianate', 'Mediterranean', 'MidCenturyModern', 'Modern', 'Monterey',
  'National', 'Neoclassical', 'Other', 'Prairie', 'Pueblo', 'QueenAnne', 'RaisedRanch', 'Ranch', 'Regency',
  'Rustic', 'Saltbox', 'SeeRemarks', 'Shingle', 'Shotgun', 'Spanish', 'SplitLevel', 'Stick', 'Traditional',
  'Tudor', 'Victorian'
);
create type property_condition as enum (
  'Fixer', 'NewConstruction', 'ToBeBuilt', 'UnderConstruction', 'UpdatedRemodeled'
);
create type year_built_source as enum (
  'Appraiser', 'Assessor', 'Builder', 'Estimated', 'Other', 'Owner', 'PublicRecords', 'SeeRemarks'
);
create type standard_status as enum (
  'Active', 'ActiveUnderContract', 'Canceled', 'Closed', 'ComingSoon', 'Delete', 'Expired', 'Hold',
  'Incomplete', 'Pending', 'Withdrawn'
);
create type concessions as enum ('CallListingAgent', 'No', 'Yes');
create type fee_frequency as enum (
  'Annually', 'BiMonthly', 'BiWeekly', 'Daily', 'Monthly', 'OneTime', 'Quarterly', 'Seasonal', 'SemiAnnually',
  'SemiMonthly', 'Weekly'
);
create type association_fee_includes as enum (
  'CableTv', 'EarthquakeInsurance', 'Electricity', 'Gas', 'Insurance', 'Internet', 'MaintenanceGrounds',
  'MaintenanceStructure', 'PestControl', 'Security', 'Sewer', 'SnowRemoval', 'Trash', 'Utilities', 'Water'
);
create type lease_term as enum (
  'TwelveMonths', 'TwentyFourMonths', 'SixMonths', 'MonthToMonth', 'Negotiable', 'None', 'Other',
  'RenewalOption', 'ShortTermLease', 'Weekly'
);
create type furnished as enum ('Furnished', 'Negotiable', 'Partially', 'Unfurnished');
create type pets_allowed as enum (
  'BreedRestrictions', 'Call', 'CatsOk', 'DogsOk', 'No', 'NumberLimit', 'SizeLimit', 'Yes'
);
create type rent_includes as enum (
  'AllUtilities', 'CableTv', 'Electricity', 'Gardener', 'Gas', 'Internet', 'Management', 'None', 'Other',
  'SeeRemarks', 'Sewer', 'TrashCollection', 'Water'
);
create type tenant_pays as enum (
  'AllUtilities', 'AssociationFees', 'CableTv', 'CommonAreaMaintenance', 'Electricity', 'ExteriorMaintenance',
  'Gas', 'GroundsCare', 'HotWater', 'HvacMaintenance', 'Insurance', 'JanitorialService', 'Management', 'None',
  'Other', 'OtherTax', 'ParkingFee', 'PestControl', 'PoolMaintenance', 'Repairs', 'Roof', 'Security',
  'SeeRemarks', 'Sewer', 'SnowRemoval', 'Taxes', 'Telephone', 'TrashCollection', 'Water'
);
create type occupant_type as enum ('Owner', 'Tenant', 'Vacant');
create type area_units as enum ('SquareFeet', 'SquareMeters');
create type area_source as enum (
  'Appraiser', 'Assessor', 'Builder', 'Estimated', 'Other', 'Owner', 'Plans', 'PublicRecords', 'SeeRemarks'
);
create type lot_size_units as enum ('Acres', 'SquareFeet', 'SquareMeters');
create type lot_size_source as enum (
  'Appraiser', 'Assessor', 'Builder', 'Estimated', 'Other', 'Owner', 'Plans', 'PublicRecords', 'SeeRemarks'
);
create type levels as enum (
  'BiLevel', 'MultiSplit', 'One', 'OneAndOneHalf', 'QuadLevel', 'ThreeOrMore', 'TriLevel', 'Two'
);
create type street_direction as enum ('E', 'N', 'NE', 'NW', 'S', 'SE', 'SW', 'W');
create type direction_faces as enum (
  'East', 'North', 'Northeast', 'Northwest', 'South', 'Southeast', 'Southwest', 'West'
);
create type linear_units as enum ('Feet', 'Meters');
create type listing_terms as enum (
  'Exchange1031', 'AllInclusiveTrustDeed', 'Assumable', 'Cash', 'Contract', 'Conventional', 'ExistingBonds',
  'FHA', 'LandUseFee', 'LeaseBack', 'LeaseOption', 'LeasePurchase', 'LienRelease', 'OwnerMayCarry',
  'OwnerPayPoints', 'OwnerWillCarry', 'PrivateFinancingAvailable', 'RelocationProperty', 'SellerEquityShare',
  'SpecialFunding', 'Submit', 'Trade', 'TrustConveyance', 'TrustDeed', 'UsdaLoan', 'VaLoan'
);
create type special_listing_conditions as enum (
  'Auction', 'BankruptcyProperty', 'Conservatorship', 'HudOwned', 'InForeclosure', 'NoticeOfDefault',
  'ProbateListing', 'RealEstateOwned', 'ShortSale', 'Standard', 'ThirdPartyApproval', 'Trust'
);
create type possession as enum (
  'CloseOfEscrow', 'ClosePlus1Day', 'ClosePlus2Days', 'ClosePlus3Days', 'ClosePlus3To5Days',
  'ClosePlus30Days', 'Negotiable', 'Other', 'RentalAgreement', 'SeeRemarks', 'SellerRentBack',
  'SubjectToTenantRights'
);
create type listing_agreement as enum (
  'ExclusiveAgency', 'ExclusiveRightToLease', 'ExclusiveRightToSell', 'ExclusiveRightWithException', 'Net',
  'Open', 'Probate'
);
create type change_type as enum (
  'Active', 'ActiveUnderContract', 'BackOnMarket', 'Canceled', 'Closed', 'ComingSoon', 'Deleted', 'Expired',
  'Hold', 'NewListing', 'Pending', 'PriceChange', 'Withdrawn'
);

-- A listing: features, several at once
create type accessibility_features as enum (
  'AccessibleApproachWithRamp', 'AccessibleBedroom', 'AccessibleCentralLivingArea', 'AccessibleClosets',
  'AccessibleCommonArea', 'AccessibleDoors', 'AccessibleElectricalAndEnvironmentalControls',
  'AccessibleElevatorInstalled', 'AccessibleEntrance', 'AccessibleForHearingImpairment', 'AccessibleFullBath',
  'AccessibleHallways', 'AccessibleKitchen', 'AccessibleKitchenAppliances', 'AccessibleStairway',
  'AccessibleWasherDryer', 'AdaptableBathroomWalls', 'AdaptableForElevator', 'CeilingTrack',
  'CentralLivingArea', 'CommonArea', 'CustomizedWheelchairAccessible', 'ElectronicEnvironmentalControls',
  'EnhancedAccessible', 'ExteriorWheelchairLift', 'GripAccessibleFeatures', 'ReinforcedFloors',
  'SafeEmergencyEgressFromHome', 'SmartTechnology', 'StairLift', 'StandbyGenerator', 'TherapeuticWhirlpool',
  'Visitable', 'VisitorBathroom', 'WalkerAccessibleStairs'
);
create type appliances as enum (
  'BarFridge', 'BuiltInElectricOven', 'BuiltInElectricRange', 'BuiltInFreezer', 'BuiltInGasOven',
  'BuiltInGasRange', 'BuiltInRange', 'BuiltInRefrigerator', 'ConvectionOven', 'Cooktop', 'Dishwasher',
  'Disposal', 'DoubleOven', 'DownDraft', 'Dryer', 'ElectricCooktop', 'ElectricOven', 'ElectricRange',
  'ElectricWaterHeater', 'EnergyStarQualifiedAppliances', 'EnergyStarQualifiedDishwasher',
  'EnergyStarQualifiedDryer', 'EnergyStarQualifiedFreezer', 'EnergyStarQualifiedRefrigerator',
  'EnergyStarQualifiedWasher', 'EnergyStarQualifiedWaterHeater', 'ExhaustFan', 'FreeStandingElectricOven',
  'FreeStandingElectricRange', 'FreeStandingFreezer', 'FreeStandingGasOven', 'FreeStandingGasRange',
  'FreeStandingRange', 'FreeStandingRefrigerator', 'Freezer', 'GasCooktop', 'GasOven', 'GasRange',
  'GasWaterHeater', 'HeatPumpWaterHeater', 'Humidifier', 'IceMaker', 'IndoorGrill', 'InductionCooktop',
  'InstantHotWater', 'Microwave', 'None', 'Other', 'Oven', 'PlumbedForIceMaker', 'PortableDishwasher',
  'PropaneCooktop', 'Range', 'RangeHood', 'Refrigerator', 'SelfCleaningOven', 'SmartAppliances',
  'SolarHotWater', 'StainlessSteelAppliances', 'TanklessWaterHeater', 'TrashCompactor', 'VentedExhaustFan',
  'WarmingDrawer', 'Washer', 'WasherDryer', 'WasherDryerStacked', 'WaterHeater', 'WaterPurifier',
  'WaterPurifierOwned', 'WaterPurifierRented', 'WaterSoftener', 'WaterSoftenerOwned', 'WaterSoftenerRented',
  'WineCooler', 'WineRefrigerator'
);
create type association_amenities as enum (
  'AirportRunway', 'Barbecue', 'BasketballCourt', 'BeachAccess', 'BeachRights', 'BilliardRoom', 'BoatDock',
  'BoatSlip', 'Boating', 'Cabana', 'CableTv', 'CarWashArea', 'Clubhouse', 'CoinLaundry', 'Concierge',
  'DayCare', 'DogPark', 'DryDock', 'Electricity', 'Elevators', 'ExerciseCourse', 'FitnessCenter',
  'GameCourtExterior', 'GameCourtInterior', 'GameRoom', 'Gas', 'Gated', 'GolfCourse', 'HotWater',
  'IndoorPool', 'Insurance', 'JoggingPath', 'Landscaping', 'Laundry', 'MaidService', 'Maintenance',
  'MaintenanceGrounds', 'MaintenanceStructure', 'Management', 'Marina', 'MeetingRoom', 'None', 'Other',
  'Park', 'Parking', 'PartyRoom', 'PicnicArea', 'Playground', 'PondSeasonal', 'PondYearRound', 'Pool',
  'PoweredBoatsAllowed', 'Racquetball', 'RecreationFacilities', 'RecreationRoom', 'RoofDeck', 'RvParking',
  'RvBoatStorage', 'Sauna', 'Security', 'ServiceElevators', 'ShuffleboardCourt', 'SkiAccessible',
  'SnowRemoval', 'SpaHotTub', 'SportCourt', 'Stables', 'Storage', 'StreamSeasonal', 'StreamYearRound',
  'Taxes', 'TennisCourts', 'Trails', 'Trash', 'Water', 'WorkshopArea'
);
create type basement as enum (
  'Apartment', 'BathStubbed', 'Block', 'Concrete', 'CrawlSpace', 'Daylight', 'DirtFloor', 'ExteriorEntry',
  'Finished', 'FrenchDrain', 'Full', 'FullExposure', 'InteriorEntry', 'NoExposure', 'None', 'Other',
  'Partial', 'PartialExposure', 'PartiallyFinished', 'StorageSpace', 'SumpPump', 'Unfinished',
  'WalkOutAccess', 'WalkUpAccess'
);
create type community_features as enum (
  'AirportRunway', 'Clubhouse', 'Curbs', 'Fishing', 'FitnessCenter', 'Gated', 'Golf', 'Lake', 'None', 'Other',
  'Park', 'Pickleball', 'Playground', 'Pool', 'Racquetball', 'Restaurant', 'Sidewalks', 'Stables',
  'StreetLights', 'Suburban', 'TennisCourts'
);
create type construction_materials as enum (
  'Adobe', 'AluminumSiding', 'Asbestos', 'Asphalt', 'AtticCrawlHatchwaysInsulated', 'BattsInsulation',
  'Block', 'BlownInInsulation', 'BoardAndBattenSiding', 'Brick', 'BrickVeneer', 'Cedar', 'CementSiding',
  'Clapboard', 'Concrete', 'DuctsProfessionallyAirSealed', 'ExteriorDuctWorkIsInsulated', 'FiberCement',
  'FiberglassSiding', 'FoamInsulation', 'Frame', 'Glass', 'HardiplankType', 'IcatRecessedLighting',
  'InsulatedConcreteForms', 'LapSiding', 'Log', 'LogSiding', 'LowVocInsulation', 'Masonite', 'MetalSiding',
  'NaturalBuilding', 'Other', 'Plaster', 'RadiantBarrier', 'RammedEarth', 'RecycledBioBasedInsulation',
  'RedwoodSiding', 'SeeRemarks', 'ShakeSiding', 'ShingleSiding', 'SlumpBlock', 'SprayFoamInsulation',
  'SteelFrame', 'SteelSiding', 'Stone', 'StoneVeneer', 'Straw', 'Stucco', 'SyntheticStucco', 'Unknown',
  'VerticalSiding', 'VinylSiding', 'WoodSiding'
);
create type cooling as enum (
  'AtticFan', 'CeilingFans', 'CentralAir', 'Dual', 'Ductless', 'Electric', 'EnergyStarQualifiedEquipment',
  'EvaporativeCooling', 'ExhaustFan', 'Gas', 'Geothermal', 'HeatPump', 'HumidityControl', 'MultiUnits',
  'None', 'Other', 'RoofTurbines', 'SeparateMeters', 'VariesByUnit', 'WallUnits', 'WallWindowUnits',
  'WholeHouseFan', 'WindowUnits', 'Zoned'
);
create type electric as enum (
  'Amps100', 'Amps150', 'Amps200OrMore', 'Volts220', 'Volts220ForSpa', 'Volts220InGarage',
  'Volts220InKitchen', 'Volts220InLaundry', 'Volts220InWorkshop', 'Volts440', 'CircuitBreakers',
  'EnergyStorageDevice', 'Fuses', 'Generator', 'NetMeter', 'PreWiredForRenewables', 'ReadyForRenewables',
  'Underground'
);
create type exterior_features as enum (
  'Awnings', 'Balcony', 'Barbecue', 'BasketballCourt', 'BoatSlip', 'BuiltInBarbecue', 'Courtyard',
  'CoveredCourtyard', 'Dock', 'DogRun', 'ElectricGrill', 'FirePit', 'Garden', 'GasGrill', 'GrayWaterSystem',
  'Kennel', 'Lighting', 'MistingSystem', 'None', 'Other', 'OutdoorGrill', 'OutdoorKitchen', 'OutdoorShower',
  'PermeablePaving', 'Playground', 'PrivateEntrance', 'PrivateYard', 'RainBarrelCisterns', 'RainGutters',
  'RvHookup', 'SmartCamerasRecording', 'SmartIrrigation', 'SmartLights', 'SmartLocks', 'Storage',
  'TennisCourts', 'UncoveredCourtyard'
);
create type fencing as enum (
  'BackYard', 'BarbedWire', 'Block', 'Brick', 'ChainLink', 'CrossFenced', 'Electric', 'Fenced', 'FrontYard',
  'Full', 'Gate', 'Invisible', 'Masonry', 'None', 'Other', 'Partial', 'PartialCross', 'Perimeter', 'Pipe',
  'Privacy', 'Security', 'SeeRemarks', 'SlumpStone', 'SplitRail', 'Stone', 'Vinyl', 'Wire', 'Wood',
  'WroughtIron'
);
create type fireplace_features as enum (
  'Basement', 'Bath', 'Bedroom', 'BlowerFan', 'Circulating', 'Decorative', 'Den', 'DiningRoom', 'DoubleSided',
  'Electric', 'EpaCertifiedWoodStove', 'EpaQualifiedFireplace', 'FactoryBuilt', 'FamilyRoom', 'FirePit',
  'FreeStanding', 'Gas', 'GasLog', 'GasStarter', 'GlassDoors', 'GreatRoom', 'Heatilator', 'Insert', 'Kitchen',
  'Library', 'LivingRoom', 'Masonry', 'MasterBedroom', 'Metal', 'None', 'Other', 'Outside', 'PelletStove',
  'Propane', 'RaisedHearth', 'RecreationRoom', 'SealedCombustion', 'SeeRemarks', 'SeeThrough', 'Stone',
  'Ventless', 'WoodBurning', 'WoodBurningStove', 'ZeroClearance'
);
create type flooring as enum (
  'Adobe', 'Bamboo', 'Brick', 'Carpet', 'CeramicTile', 'Clay', 'Combination', 'Concrete', 'Cork',
  'CriGreenLabelPlusCertifiedCarpet', 'Dirt', 'EngineeredHardwood', 'FloorScoreCertifiedFlooring',
  'FscOrSfiCertifiedSourceHardwood', 'Granite', 'Hardwood', 'Laminate', 'Linoleum', 'LuxuryVinyl', 'Marble',
  'None', 'Other', 'PaintedStained', 'Parquet', 'Pavers', 'Plank', 'ReclaimedWood', 'SeeRemarks',
  'SimulatedWood', 'Slate', 'Softwood', 'Stamped', 'Stone', 'Sustainable', 'Terrazzo', 'Tile', 'Varies',
  'Vinyl', 'Wood'
);
create type foundation_details as enum (
  'Block', 'BrickMortar', 'Combination', 'ConcretePerimeter', 'None', 'Other', 'Permanent', 'PillarPostPier',
  'Raised', 'SeeRemarks', 'Slab', 'Stone'
);
create type green_energy_efficient as enum (
  'Appliances', 'Construction', 'Doors', 'ExposureShade', 'Hvac', 'Incentives', 'Insulation', 'Lighting',
  'Roof', 'Thermostat', 'WaterHeater', 'Windows'
);
create type green_energy_generation as enum ('Solar', 'Wind');
create type heating as enum (
  'ActiveSolar', 'Baseboard', 'Ceiling', 'Central', 'Coal', 'CoalStove', 'Ductless', 'Electric',
  'EnergyStarQualifiedEquipment', 'EnergyStarAccaRsiQualifiedInstallation', 'ExhaustFan', 'FireplaceInsert',
  'Fireplaces', 'FloorFurnace', 'ForcedAir', 'Geothermal', 'Gravity', 'HeatPump', 'HotWater',
  'HumidityControl', 'Kerosene', 'NaturalGas', 'None', 'Oil', 'Other', 'PassiveSolar', 'PelletStove',
  'Propane', 'PropaneStove', 'Radiant', 'RadiantCeiling', 'RadiantFloor', 'SeeRemarks', 'SeparateMeters',
  'Solar', 'SpaceHeater', 'Steam', 'VariesByUnit', 'WallFurnace', 'Wood', 'WoodStove', 'Zoned'
);
create type interior_or_room_features as enum (
  'Bar', 'BeamedCeilings', 'Bidet', 'Bookcases', 'BreakfastBar', 'BuiltInFeatures', 'CathedralCeilings',
  'CedarClosets', 'CeilingFans', 'CentralVacuum', 'Chandelier', 'CofferedCeilings', 'CrownMolding',
  'DoubleVanity', 'DryBar', 'Dumbwaiter', 'EatInKitchen', 'Elevator', 'EntranceFoyer', 'GraniteCounters',
  'HighCeilings', 'HighSpeedInternet', 'HisAndHersClosets', 'InLawFloorplan', 'KitchenIsland',
  'LaminateCounters', 'LowFlowPlumbingFixtures', 'MasterDownstairs', 'NaturalWoodwork', 'OpenFloorplan',
  'Other', 'Pantry', 'RecessedLighting', 'Sauna', 'SeeRemarks', 'SmartCamerasRecording', 'SmartHome',
  'SmartLights', 'SmartThermostat', 'SoakingTub', 'SolarTubes', 'SoundSystem', 'StoneCounters', 'Storage',
  'TileCounters', 'TrackLighting', 'TrayCeilings', 'VaultedCeilings', 'WalkInClosets', 'WaterSenseFixtures',
  'WetBar', 'WiredForData', 'WiredForSound'
);
create type laundry_features as enum (
  'CommonArea', 'ElectricDryerHookup', 'GasDryerHookup', 'InBasement', 'InBathroom', 'InCarport', 'InGarage',
  'InHall', 'InKitchen', 'InUnit', 'Inside', 'LaundryChute', 'LaundryCloset', 'LaundryRoom', 'LowerLevel',
  'MainLevel', 'MultipleLocations', 'None', 'Other', 'Outside', 'SeeRemarks', 'Sink', 'UpperLevel',
  'WasherHookup'
);
create type lot_features as enum (
  'Agricultural', 'BackYard', 'Bluff', 'CityLot', 'Cleared', 'CloseToClubhouse', 'CornerLot', 'CornersMarked',
  'CulDeSac', 'DesertBack', 'DesertFront', 'Farm', 'FewTrees', 'FlagLot', 'FrontYard', 'Garden',
  'GentleSloping', 'Greenbelt', 'InteriorLot', 'IrregularLot', 'LakeOnLot', 'Landscaped', 'Level',
  'ManyTrees', 'Meadow', 'NativePlants', 'NearGolfCourse', 'NearPublicTransit', 'OnGolfCourse', 'OpenLot',
  'Orchards', 'Other', 'Pasture', 'Paved', 'PieShapedLot', 'PondOnLot', 'Private', 'RectangularLot',
  'RockOutcropping', 'RollingSlope', 'Secluded', 'SeeRemarks', 'Sloped', 'SlopedDown', 'SlopedUp',
  'SplitPossible', 'SprinklersInFront', 'SprinklersInRear', 'SteepSlope', 'Subdivided', 'Views', 'Waterfall',
  'Waterfront', 'Wetlands', 'Wooded', 'ZeroLotLine'
);
create type other_structures as enum (
  'AirplaneHangar', 'Arena', 'Barns', 'BoatHouse', 'Cabana', 'Caves', 'Corrals', 'CoveredArena', 'Garages',
  'Gazebo', 'GrainStorage', 'Greenhouse', 'GuestHouse', 'KennelDogRun', 'MobileHome', 'None', 'Other',
  'Outbuilding', 'OutdoorKitchen', 'PackingShed', 'Pergola', 'PoolHouse', 'PoultryCoop', 'Residence',
  'RvBoatStorage', 'SecondGarage', 'SecondResidence', 'SeeRemarks', 'Sheds', 'Stables', 'Storage',
  'TennisCourts', 'Workshop'
);
create type parking_features as enum (
  'AdditionalParking', 'Aggregate', 'AlleyAccess', 'Asphalt', 'Assigned', 'Attached', 'AttachedCarport',
  'Basement', 'Boat', 'Carport', 'CircularDriveway', 'Common', 'CommunityStructure', 'Concrete',
  'ConvertedGarage', 'Covered', 'Deck', 'Deeded', 'Detached', 'DetachedCarport', 'DirectAccess',
  'DriveThrough', 'Driveway', 'ElectricGate', 'ElectricVehicleChargingStations', 'Enclosed', 'Garage',
  'GarageDoorOpener', 'GarageFacesFront', 'GarageFacesRear', 'GarageFacesSide', 'Gated', 'GolfCartGarage',
  'Gravel', 'Guest', 'HeatedGarage', 'InsideEntrance', 'KitchenLevel', 'Leased', 'Lighted', 'NoGarage',
  'None', 'OffSite', 'OffStreet', 'OnSite', 'OnStreet', 'Open', 'Other', 'Outside', 'Oversized', 'ParkingLot',
  'ParkingPad', 'Paved', 'PaverBlock', 'PermitRequired', 'Private', 'RvAccessParking', 'RvCarport',
  'RvGarage', 'RvGated', 'Secured', 'SeeRemarks', 'SharedDriveway', 'SideBySide', 'Storage', 'Tandem',
  'Unassigned', 'Underground', 'Unpaved', 'Valet', 'VariesByUnit', 'WorkshopInGarage'
);
create type patio_and_porch_features as enum (
  'Awnings', 'Covered', 'Deck', 'Enclosed', 'FrontPorch', 'GlassEnclosed', 'None', 'Other', 'Patio', 'Porch',
  'RearPorch', 'Screened', 'SeeRemarks', 'SidePorch', 'Terrace', 'WrapAround'
);
create type pool_features as enum (
  'AboveGround', 'Association', 'BlackBottom', 'Cabana', 'Community', 'DivingBoard', 'ElectricHeat',
  'EnergyStarQualifiedPoolPump', 'Fenced', 'Fiberglass', 'Filtered', 'GasHeat', 'Gunite', 'Heated',
  'InGround', 'Indoor', 'Infinity', 'Lap', 'Liner', 'None', 'Other', 'OutdoorPool', 'PoolCover', 'PoolSweep',
  'PoolSpaCombo', 'Private', 'SaltWater', 'ScreenEnclosure', 'SeeRemarks', 'SolarCover', 'SolarHeat', 'Sport',
  'Tile', 'Vinyl', 'Waterfall'
);
create type spa_features as enum (
  'AboveGround', 'Bath', 'Community', 'Fiberglass', 'Gunite', 'Heated', 'InGround', 'None', 'Private',
  'SeeRemarks'
);
create type roof as enum (
  'Aluminum', 'AsbestosShingle', 'Asphalt', 'Bahama', 'Barrel', 'Bituthene', 'BuiltUp', 'Composition',
  'Concrete', 'Copper', 'Elastomeric', 'Fiberglass', 'Flat', 'FlatTile', 'Foam', 'GreenRoof', 'Mansard',
  'Membrane', 'Metal', 'Mixed', 'None', 'Other', 'RolledHotMop', 'Rubber', 'SeeRemarks', 'Shake', 'Shingle',
  'Slate', 'SpanishTile', 'Stone', 'Synthetic', 'TarGravel', 'Tile', 'Wood'
);
create type security_features as enum (
  'TwentyFourHourSecurity', 'BuildingSecurity', 'CarbonMonoxideDetectors', 'ClosedCircuitCameras',
  'FireAlarm', 'FireEscape', 'FireSprinklerSystem', 'Firewalls', 'GatedCommunity', 'GatedWithGuard',
  'KeyCardEntry', 'Other', 'PanicAlarm', 'Prewired', 'SecuredGarageParking', 'SecurityFence', 'SecurityGate',
  'SecurityGuard', 'SecurityLights', 'SecurityService', 'SecuritySystem', 'SecuritySystemLeased',
  'SecuritySystemOwned', 'SeeRemarks', 'SmokeDetectors', 'VariesByUnit', 'WindowBars',
  'WindowBarsWithQuickRelease'
);
create type sewer as enum (
  'AerobicSeptic', 'Cesspool', 'EngineeredSeptic', 'HoldingTank', 'MoundSeptic', 'None', 'Other',
  'PercTestOnFile', 'PercTestRequired', 'PrivateSewer', 'PublicSewer', 'SepticNeeded', 'SepticTank',
  'SharedSeptic', 'Unknown'
);
create type utilities as enum (
  'CableAvailable', 'CableConnected', 'CableNotAvailable', 'ElectricityAvailable', 'ElectricityConnected',
  'ElectricityNotAvailable', 'NaturalGasAvailable', 'NaturalGasConnected', 'NaturalGasNotAvailable', 'None',
  'Other', 'PhoneAvailable', 'PhoneConnected', 'PhoneNotAvailable', 'Propane', 'SeeRemarks', 'SewerAvailable',
  'SewerConnected', 'SewerNotAvailable', 'UndergroundUtilities', 'WaterAvailable', 'WaterConnected',
  'WaterNotAvailable'
);
create type view as enum (
  'Bay', 'Beach', 'Bridges', 'Canal', 'Canyon', 'City', 'CityLights', 'CreekStream', 'Desert', 'Downtown',
  'Forest', 'Garden', 'GolfCourse', 'Hills', 'Lake', 'Marina', 'Meadow', 'Mountains', 'Neighborhood', 'None',
  'Ocean', 'Orchard', 'Other', 'Panoramic', 'ParkGreenbelt', 'Pasture', 'Pond', 'Pool', 'Ridge', 'River',
  'Rural', 'SeeRemarks', 'Skyline', 'Territorial', 'TreesWoods', 'Valley', 'Vineyard', 'Water'
);
create type waterfront_features as enum (
  'BayAccess', 'Bayfront', 'BeachAccess', 'BeachFront', 'CanalAccess', 'CanalFront', 'Creek', 'Lagoon',
  'LakeFront', 'LakePrivileges', 'MarinaInCommunity', 'NavigableWater', 'OceanAccess', 'OceanFront', 'Pond',
  'RiverAccess', 'RiverFront', 'Seawall', 'Stream', 'Waterfront'
);
create type water_source as enum (
  'Cistern', 'None', 'Other', 'Private', 'Public', 'SeeRemarks', 'SharedWell', 'Spring', 'Well'
);
create type window_features as enum (
  'AluminumFrames', 'BayWindows', 'Blinds', 'DisplayWindows', 'DoublePaneWindows', 'Drapes',
  'EnergyStarQualifiedWindows', 'GardenWindows', 'InsulatedWindows', 'LowEmissivityWindows',
  'PlantationShutters', 'Screens', 'Shutters', 'Skylights', 'SolarScreens', 'StormWindows', 'TintedWindows',
  'TriplePaneWindows', 'WindowCoverings', 'WindowTreatments', 'WoodFrames'
);

-- Members, offices, media, open houses
create type languages as enum (
  'Abkhazian', 'Afar', 'Afrikaans', 'Albanian', 'AmericanSignLanguage', 'Amharic', 'Arabic', 'Aramaic',
  'Armenian', 'Assamese', 'AssyrianNeoAramaic', 'Avestan', 'Aymara', 'Azerbaijani', 'Bambara', 'Bashkir',
  'Basque', 'Bengali', 'Bihari', 'Bikol', 'Bislama', 'Bosnian', 'BrazilianPortuguese', 'Bulgarian', 'Burmese',
  'Byelorussian', 'Cambodian', 'Cantonese', 'CapeVerdeanCreole', 'Catalan', 'Cebuano', 'Chamorro', 'Chechen',
  'Chinese', 'Chuukese', 'Chuvash', 'Cornish', 'Corsican', 'Croatian', 'Czech', 'Danish', 'Dari', 'Dioula',
  'Dutch', 'Dzongkha', 'English', 'Esperanto', 'Estonian', 'Faroese', 'Farsi', 'Fiji', 'Finnish', 'Flemish',
  'French', 'Frisian', 'Galician', 'Georgian', 'German', 'Greek', 'Greenlandic', 'Guarani', 'Gujarati',
  'HaitianCreole', 'Hausa', 'Hebrew', 'Herero', 'Hiligaynon', 'Hindi', 'HiriMotu', 'Hmong', 'Hungarian',
  'Iban', 'Icelandic', 'Igbo', 'Ilocano', 'Indonesian', 'Interlingua', 'Inuktitut', 'Inupiak', 'Irish',
  'Italian', 'Japanese', 'Javanese', 'Kannada', 'Kashmiri', 'Kazakh', 'KIche', 'Kichwa', 'Kikuyu',
  'Kinyarwanda', 'Kirghiz', 'Kirundi', 'Komi', 'Korean', 'Kpelle', 'Kru', 'Kurdish', 'Lao', 'Latin',
  'Latvian', 'Lingala', 'Lithuanian', 'Luxemburgish', 'Macedonian', 'Malagasy', 'Malay', 'Malayalam',
  'Maltese', 'Mandarin', 'Maninka', 'ManxGaelic', 'Maori', 'Marathi', 'Marshallese', 'Moldovan', 'Mongolian',
  'Nauru', 'Navajo', 'Ndebele', 'Ndonga', 'Nepali', 'Norwegian', 'NorwegianNynorsk', 'Nyanja', 'Occitan',
  'Oriya', 'Oromo', 'Ossetian', 'Pali', 'Pangasinan', 'Papiamento', 'Pashto', 'Polish', 'Portuguese',
  'Punjabi', 'Quechua', 'Romanian', 'Romany', 'Russian', 'Sami', 'Samoan', 'Sangho', 'Sanskrit', 'Sardinian',
  'ScotsGaelic', 'Serbian', 'SerboCroatian', 'Sesotho', 'Setswana', 'Shan', 'Shona', 'Sindhi', 'Sinhalese',
  'Siswati', 'Slovak', 'Slovenian', 'Somali', 'SouthernNdebele', 'Spanish', 'Sundanese', 'Swahili', 'Swedish',
  'Syriac', 'Tagalog', 'Tahitian', 'Tajik', 'Tamil', 'Tatar', 'Telugu', 'Thai', 'Tibetan', 'Tigrinya',
  'Tongan', 'Tsonga', 'Turkish', 'Turkmen', 'Twi', 'Uigur', 'Ukrainian', 'Urdu', 'Uzbek', 'Vietnamese',
  'Volapuk', 'Welsh', 'Wolof', 'Xhosa', 'Yiddish', 'Yoruba', 'Zhuang', 'Zulu'
);
create type member_type as enum (
  'Affiliate', 'Assistant', 'AssociationStaff', 'DesignatedRealtorAppraiser', 'DesignatedRealtorParticipant',
  'LeasingAgent', 'LicensedAssistant', 'MlsOnlyAppraiser', 'MlsOnlyBroker', 'MlsOnlyBrokerAssociate',
  'MlsOnlySalesperson', 'MlsStaff', 'NonMemberVendor', 'OfficeManager', 'Photographer', 'RealtorAppraiser',
  'RealtorBrokerAssociate', 'RealtorSalesperson', 'UnlicensedAssistant'
);
create type member_status as enum ('Active', 'Inactive');
create type office_type as enum (
  'Affiliate', 'Appraiser', 'Association', 'Mls', 'MlsOnlyBranch', 'MlsOnlyFirm', 'MlsOnlyOffice',
  'NonMemberVendor', 'RealtorBranchOffice', 'RealtorFirm', 'RealtorOffice'
);
create type office_branch_type as enum ('Branch', 'Main', 'StandAlone');
create type office_status as enum ('Active', 'Inactive');
create type media_category as enum (
  'AgentPhoto', 'BrandedVirtualTour', 'Document', 'FloorPlan', 'OfficeLogo', 'OfficePhoto', 'Photo',
  'UnbrandedVirtualTour', 'Video'
);
create type media_type as enum (
  'Avif', 'Doc', 'Docx', 'Gif', 'Heic', 'Jpeg', 'Mov', 'Mp4', 'Mpeg', 'Pdf', 'Png', 'Quicktime', 'Rtf',
  'Tiff', 'Txt', 'Webp', 'Wmv', 'Xls', 'Xlsx'
);
create type image_of as enum (
  'AerialView', 'Atrium', 'Attic', 'BackOfStructure', 'Balcony', 'Bar', 'Barn', 'Basement', 'BasketballCourt',
  'Bathroom', 'Bedroom', 'BonusRoom', 'BreakfastArea', 'Closet', 'Community', 'Courtyard', 'Deck', 'Den',
  'DiningArea', 'DiningRoom', 'Dock', 'EntranceFoyer', 'Entry', 'ExerciseRoom', 'FamilyRoom', 'Fence',
  'Fireplace', 'FloorPlan', 'FrontOfStructure', 'GameRoom', 'Garage', 'Garden', 'GolfCourse', 'GreatRoom',
  'GuestQuarters', 'Gym', 'Hallway', 'HobbyRoom', 'Inlaw', 'Kitchen', 'Lake', 'Laundry', 'Library',
  'LivingRoom', 'LoadingDock', 'Lobby', 'Loft', 'Lot', 'Map', 'MasterBathroom', 'MasterBedroom', 'MediaRoom',
  'MudRoom', 'Nursery', 'Office', 'Other', 'OutBuildings', 'Pantry', 'Parking', 'Patio', 'Pier', 'PlatMap',
  'Playground', 'Pond', 'Pool', 'Reception', 'RecreationRoom', 'Sauna', 'Showroom', 'SideOfStructure',
  'SittingRoom', 'Spa', 'Stable', 'Stairs', 'Storage', 'Studio', 'Study', 'SunRoom', 'TennisCourt',
  'UtilityRoom', 'View', 'WalkInClosets', 'Waterfront', 'WineCellar', 'Workshop', 'Yard'
);
create type media_alteration as enum (
  'DeclutteredItemRemoved', 'ModelHome', 'None', 'OtherMediaModification', 'TwilightConversion',
  'VirtualEnhancements', 'VirtualRenovation', 'VirtualRepresentationToBeBuilt',
  'VirtualRepresentationUnderConstruction', 'VirtualStagingItemAddition'
);
create type permission as enum ('AgentOnly', 'FirmOnly', 'Idx', 'OfficeOnly', 'Private', 'Public', 'Vow');
create type open_house_status as enum ('Active', 'Canceled', 'Ended');
create type open_house_type as enum ('Broker', 'LivestreamBroker', 'LivestreamPublic', 'Office', 'Public');
create type attended as enum ('Agent', 'Seller', 'Unattended');
